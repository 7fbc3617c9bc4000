<?php

namespace Clairon\Laravel\Tests;

use Clairon\Laravel\Events\ChannelOccupied;
use Clairon\Laravel\Events\ClientEventSent;
use Clairon\Laravel\Events\MemberAdded;
use Clairon\Laravel\Events\SubscriptionsCounted;
use Clairon\Laravel\Events\WebhookEvent;
use Illuminate\Http\Request;

final class WebhookTest extends ProjectTestCase
{
    /** @var list<WebhookEvent> */
    private array $heard = [];

    protected function config(): array
    {
        $pusher = ['key' => 'key', 'secret' => 'secret'];
        return ['broadcasting' => ['default' => 'pusher', 'connections' => ['pusher' => $pusher]]];
    }

    private function post(string $body, string $key = 'key', string $secret = 'secret'): int
    {
        $hear = fn (string $name, array $data) => $this->heard[] = $data[0];
        $this->project->app['events']->listen('Clairon\Laravel\Events\*', $hear);
        $request = Request::create('/clairon/webhook', 'POST', content: $body);
        $request->headers->set('X-Pusher-Key', $key);
        $request->headers->set('X-Pusher-Signature', hash_hmac('sha256', $body, $secret));
        $request->headers->set('X-Clairon-Delivery', 'd1');
        $this->project->app->instance('request', $request);
        return $this->project->app['router']->dispatch($request)->getStatusCode();
    }

    public function testEachEventIsDispatched(): void
    {
        $status = $this->post(json_encode(['time_ms' => 1, 'events' => [
            ['name' => 'channel_occupied', 'channel' => 'presence-room'],
            ['name' => 'member_added', 'channel' => 'presence-room', 'user_id' => '7'],
            ['name' => 'of a later version', 'channel' => 'lobby'],
            ['name' => 'subscription_count', 'channel' => 'lobby', 'subscription_count' => 3],
            ['name' => 'client_event', 'channel' => 'a', 'event' => 'client-x', 'data' => ' {} ', 'socket_id' => '1.2'],
        ]]));
        self::assertSame(204, $status);
        [$occupied, $added, $counted, $sent] = $this->heard;
        self::assertInstanceOf(ChannelOccupied::class, $occupied);
        self::assertSame(['presence-room', 'd1'], [$occupied->channel, $occupied->delivery]);
        self::assertInstanceOf(MemberAdded::class, $added);
        self::assertSame('7', $added->userId);
        self::assertInstanceOf(SubscriptionsCounted::class, $counted);
        self::assertSame(3, $counted->count);
        self::assertInstanceOf(ClientEventSent::class, $sent);
        self::assertSame([' {} ', '1.2', null], [$sent->data, $sent->socketId, $sent->userId]);
        self::assertCount(4, $this->heard);
    }

    public function testForeignRequestsAreRefused(): void
    {
        $body = '{"time_ms":1,"events":[{"name":"channel_occupied","channel":"lobby"}]}';
        self::assertSame(401, $this->post($body, secret: 'other'));
        self::assertSame(401, $this->post($body, key: 'other'));
        self::assertSame(400, $this->post('{}'));
        self::assertSame(400, $this->post('no JSON'));
        self::assertSame([], $this->heard);
    }

    public function testAnAppWithoutASecretAcceptsNothing(): void
    {
        $this->project->app['config']->set('broadcasting.connections.pusher', ['key' => '', 'secret' => '']);
        self::assertSame(401, $this->post('{"events":[]}', key: '', secret: ''));
    }
}
