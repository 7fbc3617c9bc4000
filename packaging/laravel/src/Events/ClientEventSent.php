<?php

namespace Clairon\Laravel\Events;

/** A client has sent an event. */
final class ClientEventSent extends WebhookEvent
{
    public readonly string $event;

    public readonly string $data;

    public readonly string $socketId;

    /** On presence channels. */
    public readonly ?string $userId;

    protected function read(array $fields): void
    {
        $this->event = $fields['event'];
        $this->data = $fields['data'];
        $this->socketId = $fields['socket_id'];
        $this->userId = $fields['user_id'] ?? null;
    }
}
