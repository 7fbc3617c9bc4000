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
    require_once 'Illuminate/autoload.php';

    use Illuminate\Auth\GenericUser;
    use Illuminate\Broadcasting\Broadcasters\PusherBroadcaster;
    use Illuminate\Broadcasting\BroadcastServiceProvider;
    use Illuminate\Config\Repository;
    use Illuminate\Contracts\Debug\ExceptionHandler;
    use Illuminate\Filesystem\FilesystemServiceProvider;
    use Illuminate\Foundation\Application;
    use Illuminate\Foundation\Bootstrap;
    use Illuminate\Foundation\Exceptions\Handler;
    use Illuminate\Foundation\Http\Kernel;
    use Illuminate\Foundation\Http\Middleware\ConvertEmptyStringsToNull;
    use Illuminate\Foundation\Http\Middleware\TrimStrings;
    use Illuminate\Http\Request;
    use Illuminate\Support\Facades\Broadcast;
    use Illuminate\Translation\TranslationServiceProvider;
    use Illuminate\View\ViewServiceProvider;

    final class LoggedIn
    {
        public function handle(Request $request, Closure $next)
        {
            $id = $request->bearerToken();
            abort_if($id === null, 401);
            $request->setUserResolver(fn () => new GenericUser(['id' => $id]));
            return $next($request);
        }
    }

    final class SiteKernel extends Kernel
    {
        protected $middleware = [TrimStrings::class, ConvertEmptyStringsToNull::class];

        protected $middlewareGroups = ['web' => []];

        protected $routeMiddleware = ['auth' => LoggedIn::class];

        protected $bootstrappers = [
            Bootstrap\RegisterFacades::class,
            Bootstrap\RegisterProviders::class,
            Bootstrap\BootProviders::class,
        ];
    }

    $site = dirname(getenv('ROUTE'));
    $app = new Application($site);
    $app->instance('config', new Repository([
        'app' => [
            'env' => 'production',
            'debug' => false,
            'locale' => 'en',
            'fallback_locale' => 'en',
            'aliases' => [],
            'providers' => [
                BroadcastServiceProvider::class,
                FilesystemServiceProvider::class,
                TranslationServiceProvider::class,
                ViewServiceProvider::class,
            ],
        ],
        'broadcasting' => ['default' => 'site', 'connections' => ['site' => ['driver' => 'site']]],
        'logging' => ['default' => 'errorlog', 'channels' => ['errorlog' => ['driver' => 'errorlog']]],
        'view' => ['paths' => [], 'compiled' => $site],
    ]));
    $app->singleton(ExceptionHandler::class, Handler::class);
    $app->booted(function () {
        Broadcast::extend('site', fn () => new PusherBroadcaster(new Pusher\Pusher));
        Broadcast::routes(['middleware' => ['web', 'auth']]);
        Broadcast::channel('room-{number}', fn ($user, $number) => ['name' => "The $user->id"]);
        Broadcast::channel('forbidden-{number}', fn ($user, $number) => false);
        require getenv('ROUTE');
    });

    $kernel = $app->make(SiteKernel::class);
    $request = Request::capture();
    file_put_contents('php://stderr', 'asked '.$request->path()."\n");
    $response = $kernel->handle($request);
    $response->send();
    $kernel->terminate($request, $response);
}
