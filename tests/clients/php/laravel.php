<?php
// A Laravel application with one route, to the controller in the file CONTROLLER. It writes each Laravel event that the
// controller dispatches to stderr, as JSON of a name and a payload. Run it with `php -S`.
declare(strict_types=1);

require_once 'Illuminate/autoload.php';
require_once getenv('CONTROLLER');

use App\Http\Controllers\PusherWebhookController;
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
use Illuminate\Support\Facades\Event;
use Illuminate\Support\Facades\Route;
use Illuminate\Translation\TranslationServiceProvider;
use Illuminate\View\ViewServiceProvider;

final class SiteKernel extends Kernel
{
    // Every Laravel application has these two, and they change what a request says.
    protected $middleware = [TrimStrings::class, ConvertEmptyStringsToNull::class];

    protected $bootstrappers = [
        Bootstrap\RegisterFacades::class,
        Bootstrap\RegisterProviders::class,
        Bootstrap\BootProviders::class,
    ];
}

$site = dirname(getenv('CONTROLLER'));
$app = new Application($site);
$app->instance('config', new Repository([
    'app' => [
        'env' => 'production',
        'debug' => false,
        'locale' => 'en',
        'fallback_locale' => 'en',
        'aliases' => [],
        'providers' => [
            FilesystemServiceProvider::class,
            TranslationServiceProvider::class,
            ViewServiceProvider::class,
        ],
    ],
    'broadcasting' => ['connections' => ['pusher' => [
        'key' => getenv('PUSHER_APP_KEY'),
        'secret' => getenv('PUSHER_APP_SECRET'),
    ]]],
    'logging' => ['default' => 'errorlog', 'channels' => ['errorlog' => ['driver' => 'errorlog']]],
    'view' => ['paths' => [], 'compiled' => $site],
]));
$app->singleton(ExceptionHandler::class, Handler::class);
$app->booted(function () {
    Route::post('/pusher/webhook', PusherWebhookController::class);
    Event::listen('pusher.*', function (string $name, array $payload) {
        file_put_contents('php://stderr', json_encode([$name, ...$payload])."\n");
    });
});

$kernel = $app->make(SiteKernel::class);
$request = Request::capture();
$response = $kernel->handle($request);
$response->send();
$kernel->terminate($request, $response);
