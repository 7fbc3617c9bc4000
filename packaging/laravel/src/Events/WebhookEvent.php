<?php

namespace Clairon\Laravel\Events;

/** Something that happened in a channel of this app. */
abstract class WebhookEvent
{
    private const KINDS = [
        'cache_miss' => CacheMissed::class,
        'channel_occupied' => ChannelOccupied::class,
        'channel_vacated' => ChannelVacated::class,
        'client_event' => ClientEventSent::class,
        'member_added' => MemberAdded::class,
        'member_removed' => MemberRemoved::class,
        'subscription_count' => SubscriptionsCounted::class,
    ];

    public readonly string $channel;

    /**
     * @param array<string, mixed> $fields the event as it was sent
     * @param string $delivery the id of the delivery, which is the same when it is sent again
     */
    final public function __construct(public readonly array $fields, public readonly string $delivery)
    {
        $this->channel = $fields['channel'];
        $this->read($fields);
    }

    /**
     * The event of a webhook; null if its kind is not known.
     *
     * @param array<string, mixed> $fields
     */
    public static function from(array $fields, string $delivery): ?self
    {
        $class = self::KINDS[$fields['name'] ?? ''] ?? null;
        return $class === null ? null : new $class($fields, $delivery);
    }

    /** @param array<string, mixed> $fields */
    protected function read(array $fields): void
    {
    }
}
