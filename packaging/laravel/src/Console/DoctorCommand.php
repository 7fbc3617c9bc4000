<?php

namespace Clairon\Laravel\Console;

use Clairon\Laravel\Binary;
use Illuminate\Console\Command;

final class DoctorCommand extends Command
{
    protected $signature = 'clairon:doctor
        {arguments?* : More arguments of clairon doctor, behind two dashes}';

    protected $description = 'Check broadcasting from .env to the page, and print what to change';

    public function handle(Binary $binary): int
    {
        $path = $binary->find();
        if ($path === null) {
            $this->getOutput()->write($binary->advice());
            return self::FAILURE;
        }
        return $binary->run($path, ['doctor', ...$this->argument('arguments')]);
    }
}
