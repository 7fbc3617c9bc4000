<?php
// A Laravel application with its usual route for the authorization of channels, and the route in the file ROUTE. A bearer
// token is the id of the logged-in user. Run it with `php -S`.
declare(strict_types=1);

namespace Pusher {
    /** The two functions of Pusher's library that Laravel authorizes with, by its documentation of signatures. */
    class Pusher
    {
        public function socket_auth($channel, $socket, $data = null)
        {
            $text = $data === null ? "$socket:$channel" : "$socket:$channel:$data";
            $signature = hash_hmac('sha256', $text, getenv('PUSHER_APP_SECRET'));
            $answer = ['auth' => getenv('PUSHER_APP_KEY').':'.$signature];
            return json_encode($data === null ? $answer : $answer + ['channel_data' => $data]);
        }

        public function presence_auth($channel, $socket, $user, $info)
        {
            return $this->socket_auth($channel, $socket, json_encode(['user_id' => $user, 'user_info' => $info]));
        }
    }
}

namespace {
    require_once __DIR__.'/site.php';

    use Illuminate\Broadcasting\Broadcasters\PusherBroadcaster;
    use Illuminate\Broadcasting\BroadcastServiceProvider;
    use Illuminate\Http\Request;
    use Illuminate\Support\Facades\Broadcast;

    file_put_contents('php://stderr', 'asked '.Request::capture()->path()."\n");
    $broadcasting = ['default' => 'site', 'connections' => ['site' => ['driver' => 'site']]];
    answer(dirname(getenv('ROUTE')), $broadcasting, [BroadcastServiceProvider::class], function () {
        Broadcast::extend('site', fn () => new PusherBroadcaster(new Pusher\Pusher));
        Broadcast::routes(['middleware' => ['web', 'auth']]);
        Broadcast::channel('room-{number}', fn ($user, $number) => ['name' => "The $user->id"]);
        Broadcast::channel('forbidden-{number}', fn ($user, $number) => false);
        require getenv('ROUTE');
    });
}
