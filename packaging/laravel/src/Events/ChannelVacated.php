<?php

namespace Clairon\Laravel\Events;

/** A channel has lost its last subscriber. */
final class ChannelVacated extends WebhookEvent
{
}
