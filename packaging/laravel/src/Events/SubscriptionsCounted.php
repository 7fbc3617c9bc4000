<?php

namespace Clairon\Laravel\Events;

/** The number of subscriptions of a channel has changed. */
final class SubscriptionsCounted extends WebhookEvent
{
    public readonly int $count;

    protected function read(array $fields): void
    {
        $this->count = $fields['subscription_count'];
    }
}
