<?php

namespace Clairon\Laravel\Events;

/** A user has joined a presence channel. */
final class MemberAdded extends WebhookEvent
{
    public readonly string $userId;

    protected function read(array $fields): void
    {
        $this->userId = $fields['user_id'];
    }
}
