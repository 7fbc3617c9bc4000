<?php

namespace Clairon\Laravel\Console;

use Clairon\Laravel\Binary;
use Clairon\Laravel\EnvFile;
use Illuminate\Console\Command;

final class InstallCommand extends Command
{
    private const ECHO_FILE = __DIR__ . '/../../stubs/echo.js';

    protected $signature = 'clairon:install
        {--yes : Change the files without asking}';

    protected $description = 'Set up broadcasting with Clairon: the lines of .env, and the Echo file';

    public function handle(Binary $binary): int
    {
        $this->env();
        $this->echo();
        $this->line('');
        if (!class_exists('Pusher\Pusher')) {
            $this->line('Next: composer require pusher/pusher-php-server');
        }
        $this->line('Next: npm install --save-dev laravel-echo pusher-js, and npm run build');
        $this->line('Next: php artisan clairon:start, and php artisan clairon:doctor when something is wrong');
        if ($binary->find() === null) {
            $this->line($binary->advice());
        }
        return self::SUCCESS;
    }

    private function env(): void
    {
        $path = $this->laravel->environmentFilePath();
        $file = new EnvFile(is_file($path) ? (string) file_get_contents($path) : '');
        $changed = $file->with($this->variables($file));
        $this->change($path, $file->text, $changed->text, $file->changes($changed));
    }

    /**
     * The credentials that are there are kept.
     *
     * @return array<string, string>
     */
    private function variables(EnvFile $file): array
    {
        $isNew = version_compare($this->laravel->version(), '11', '>=');
        $values = [
            $isNew ? 'BROADCAST_CONNECTION' : 'BROADCAST_DRIVER' => 'pusher',
            'PUSHER_HOST' => '127.0.0.1',
            'PUSHER_PORT' => '6001',
            'PUSHER_SCHEME' => 'http',
        ];
        $defaults = [
            'PUSHER_APP_ID' => (string) random_int(100_000, 999_999),
            'PUSHER_APP_KEY' => bin2hex(random_bytes(10)),
            'PUSHER_APP_SECRET' => bin2hex(random_bytes(20)),
            'PUSHER_APP_CLUSTER' => 'mt1',
        ];
        $values += array_filter($defaults, fn (string $name) => $file->get($name) === null, ARRAY_FILTER_USE_KEY);
        foreach (['APP_KEY', 'HOST', 'PORT', 'SCHEME', 'APP_CLUSTER'] as $name) {
            $values["{$this->prefix()}PUSHER_$name"] = "\"\${PUSHER_$name}\"";
        }
        return $values;
    }

    private function echo(): void
    {
        $path = $this->laravel->basePath('resources/js/echo.js');
        $echo = (string) file_get_contents(self::ECHO_FILE);
        if ($this->prefix() === 'MIX_') {
            $echo = str_replace('import.meta.env.VITE_', 'process.env.MIX_', $echo);
        }
        $old = is_file($path) ? (string) file_get_contents($path) : '';
        $this->change($path, $old, $echo, explode("\n", rtrim($echo)));

        $path = $this->laravel->basePath('resources/js/bootstrap.js');
        $old = is_file($path) ? (string) file_get_contents($path) : '';
        if (preg_match('#^\s*import\s+[\'"]\./echo(\.js)?[\'"]#m', $old) !== 1) {
            $import = "import './echo';";
            $this->change($path, $old, ($old === '' ? '' : rtrim($old) . "\n\n") . "$import\n", [$import]);
        }
    }

    /** The prefix of variables that the page gets: projects before Laravel 9.19 have Mix. */
    private function prefix(): string
    {
        return is_file($this->laravel->basePath('webpack.mix.js')) ? 'MIX_' : 'VITE_';
    }

    /**
     * Writes a file after a yes. Without a person to ask it only says what it would write.
     *
     * @param list<string> $lines what is new, without secrets
     */
    private function change(string $path, string $old, string $new, array $lines): void
    {
        $name = ltrim(substr($path, strlen($this->laravel->basePath())), '/');
        if ($old === $new) {
            $this->line("$name has all lines");
            return;
        }
        $this->line($old === '' ? "$name is made:" : "$name is changed:");
        foreach ($lines as $line) {
            $this->line('    ' . preg_replace('/^(PUSHER_APP_SECRET=).+/', '$1…', $line));
        }
        if ($this->option('yes') || ($this->input->isInteractive() && $this->confirm("Write $name?"))) {
            is_dir(dirname($path)) || mkdir(dirname($path), 0755, true);
            file_put_contents($path, $new);
        } else {
            $this->line("$name is left as it is");
        }
    }
}
