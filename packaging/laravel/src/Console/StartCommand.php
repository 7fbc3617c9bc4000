<?php

namespace Clairon\Laravel\Console;

use Clairon\Laravel\Binary;
use Illuminate\Console\Command;

final class StartCommand extends Command
{
    protected $signature = 'clairon:start
        {arguments?* : More arguments of clairon serve, behind two dashes}';

    protected $description = 'Start Clairon with the app of .env';

    public function handle(Binary $binary): int
    {
        $path = $binary->find();
        if ($path === null) {
            $this->getOutput()->write($binary->advice());
            return self::FAILURE;
        }
        $file = $this->laravel->environmentFilePath();
        return $binary->run($path, ['serve', '--env-file', $file, ...$this->argument('arguments')]);
    }
}
