<?php

namespace Clairon\Laravel\Events;

/** A channel has its first subscriber. */
final class ChannelOccupied extends WebhookEvent
{
}
