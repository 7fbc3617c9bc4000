<?php

namespace Clairon\Laravel\Http;

use Clairon\Laravel\Events\WebhookEvent;
use Clairon\Laravel\Server;
use Illuminate\Contracts\Events\Dispatcher;
use Illuminate\Http\Request;
use Illuminate\Http\Response;

/** Receives webhooks: checks the signature, and dispatches a Laravel event for each event. */
final class WebhookController
{
    public function __invoke(Request $request, Server $server, Dispatcher $events): Response
    {
        // The body as it was sent: middleware changes the values of `input()`.
        $body = $request->getContent();
        if (!$server->signed($body, $request->header('X-Pusher-Key'), $request->header('X-Pusher-Signature'))) {
            return new Response('The key or the signature is not that of the app in .env', 401);
        }
        $payload = json_decode($body, true);
        if (!is_array($payload['events'] ?? null)) {
            return new Response('The body is not that of a webhook', 400);
        }
        foreach ($payload['events'] as $fields) {
            $event = WebhookEvent::from($fields, (string) $request->header('X-Clairon-Delivery'));
            if ($event !== null) {
                $events->dispatch($event);
            }
        }
        return new Response(status: 204);
    }
}
