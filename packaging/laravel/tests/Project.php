<?php

namespace Clairon\Laravel\Tests;

use Clairon\Laravel\ClaironServiceProvider;
use Illuminate\Config\Repository;
use Illuminate\Filesystem\Filesystem;
use Illuminate\Foundation\Application;

/** A Laravel project in a folder of its own. */
final class Project
{
    public readonly Application $app;

    /** @param array<string, mixed> $config */
    public function __construct(public readonly string $path, array $config = [])
    {
        $this->app = new Application($path);
        $this->app->instance('config', new Repository($config));
        $this->app->instance('files', new Filesystem());
        $this->app->register(ClaironServiceProvider::class);
        $this->app->boot();
    }

    /** @param array<string, mixed> $config */
    public static function make(array $config = []): self
    {
        $path = sys_get_temp_dir() . '/clairon-' . bin2hex(random_bytes(8));
        mkdir($path);
        return new self($path, $config);
    }

    public function write(string $name, string $text, int $mode = 0644): string
    {
        $path = "$this->path/$name";
        is_dir(dirname($path)) || mkdir(dirname($path), 0755, true);
        file_put_contents($path, $text);
        chmod($path, $mode);
        return $path;
    }

    public function read(string $name): ?string
    {
        return is_file("$this->path/$name") ? file_get_contents("$this->path/$name") : null;
    }

    public function remove(): void
    {
        (new Filesystem())->deleteDirectory($this->path);
    }
}
