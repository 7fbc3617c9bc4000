<?php

namespace Clairon\Laravel;

use Clairon\Laravel\Console\DoctorCommand;
use Clairon\Laravel\Console\InstallCommand;
use Clairon\Laravel\Console\StartCommand;
use Clairon\Laravel\Http\WebhookController;
use Illuminate\Contracts\Config\Repository;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Foundation\Console\AboutCommand;
use Illuminate\Routing\Router;
use Illuminate\Support\ServiceProvider;

final class ClaironServiceProvider extends ServiceProvider
{
    public function register(): void
    {
        $this->mergeConfigFrom(__DIR__ . '/../config/clairon.php', 'clairon');
        $this->app->bind(Binary::class, fn (Application $app) => new Binary($app->basePath()));
        $this->app->bind(Server::class, fn (Application $app) => Server::of($app->make(Repository::class)));
    }

    public function boot(): void
    {
        $this->routeWebhooks();
        if ($this->app->runningInConsole()) {
            $this->publishes([__DIR__ . '/../config/clairon.php' => $this->app->configPath('clairon.php')], 'clairon');
            $this->commands([InstallCommand::class, StartCommand::class, DoctorCommand::class]);
            // Laravel 9.21 and newer.
            if (class_exists(AboutCommand::class)) {
                AboutCommand::add('Clairon', fn () => $this->app->make(About::class)->lines());
            }
        }
    }

    private function routeWebhooks(): void
    {
        $path = $this->app->make(Repository::class)->get('clairon.webhook_path');
        if ($path !== null && !$this->app->routesAreCached()) {
            // Without the group `web`: a webhook has no CSRF token.
            $this->app->make(Router::class)->post($path, WebhookController::class)->name('clairon.webhook');
        }
    }
}
