<?php

namespace Clairon\Laravel\Events;

/** A client has subscribed to a cache channel that has no event. */
final class CacheMissed extends WebhookEvent
{
}
