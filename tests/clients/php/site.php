<?php
// A Laravel application without a project around it, for the scripts that `php -S` runs.
declare(strict_types=1);

require_once 'Illuminate/autoload.php';

use Illuminate\Auth\GenericUser;
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
use Illuminate\Translation\TranslationServiceProvider;
use Illuminate\View\ViewServiceProvider;

/** The middleware `auth`: a bearer token is the id of the logged-in user. */
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
    // Every Laravel application has these two, and they change what a request says.
    protected $middleware = [TrimStrings::class, ConvertEmptyStringsToNull::class];

    protected $middlewareGroups = ['web' => []];

    protected $routeMiddleware = ['auth' => LoggedIn::class];

    protected $bootstrappers = [
        Bootstrap\RegisterFacades::class,
        Bootstrap\RegisterProviders::class,
        Bootstrap\BootProviders::class,
    ];
}

/**
 * Answers the request with an application in a folder. It has these settings of broadcasting, and these providers beside
 * those that every application needs. Once it is booted, `$booted` adds the routes.
 */
function answer(string $folder, array $broadcasting, array $providers, Closure $booted): void
{
    $app = new Application($folder);
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
                ...$providers,
            ],
        ],
        'broadcasting' => $broadcasting,
        'logging' => ['default' => 'errorlog', 'channels' => ['errorlog' => ['driver' => 'errorlog']]],
        'view' => ['paths' => [], 'compiled' => $folder],
    ]));
    $app->singleton(ExceptionHandler::class, Handler::class);
    $app->booted($booted);
    $kernel = $app->make(SiteKernel::class);
    $request = Request::capture();
    $response = $kernel->handle($request);
    $response->send();
    $kernel->terminate($request, $response);
}
