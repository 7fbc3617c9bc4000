<?php

namespace Clairon\Laravel\Events;

/** A user has left a presence channel. */
final class MemberRemoved extends WebhookEvent
{
    public readonly string $userId;

    protected function read(array $fields): void
    {
        $this->userId = $fields['user_id'];
    }
}
