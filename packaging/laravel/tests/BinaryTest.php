<?php

namespace Clairon\Laravel\Tests;

use Symfony\Component\Process\Process;

final class BinaryTest extends ProjectTestCase
{
    private const RELEASE = __DIR__ . '/../release.json';

    protected function tearDown(): void
    {
        parent::tearDown();
        @unlink(self::RELEASE);
    }

    /** @param list<string> $options of PHP */
    private function artisan(array $arguments, array $options = [], string $path = '/nonexistent'): Process
    {
        $command = [PHP_BINARY, ...$options, __DIR__ . '/artisan', ...$arguments];
        $process = new Process($command, env: ['PROJECT' => $this->project->path, 'PATH' => $path]);
        $process->run();
        return $process;
    }

    private function program(string $name, string $says): void
    {
        $this->project->write($name, "#!/bin/sh\necho \"$says \$*\"; pwd; exit 3\n", 0755);
    }

    public function testTheProgramOfTheProjectComesFirst(): void
    {
        $this->program('path/clairon', 'path');
        $places = ['path' => 'path', 'node_modules/.bin' => 'npm', 'vendor/bin' => 'composer'];
        foreach ($places as $place => $says) {
            $this->program("$place/clairon", $says);
            $run = $this->artisan(['clairon:start', '--', '--port', '0'], path: "{$this->project->path}/path");
            $expected = "$says serve --env-file {$this->project->path}/.env --port 0\n{$this->project->path}\n";
            self::assertSame($expected, $run->getOutput(), $run->getErrorOutput());
            self::assertSame(3, $run->getExitCode());
        }
    }

    public function testPhpWithoutPcntlPassesOutputAndExitCode(): void
    {
        $this->program('vendor/bin/clairon', 'composer');
        $run = $this->artisan(['clairon:doctor', '--', '--json'], ['-d', 'disable_functions=pcntl_exec']);
        self::assertSame("composer doctor --json\n{$this->project->path}\n", $run->getOutput());
        self::assertSame(3, $run->getExitCode());
    }

    public function testWithoutAProgramTheDownloadIsNamed(): void
    {
        foreach (['clairon:start', 'clairon:doctor'] as $command) {
            $run = $this->artisan([$command]);
            self::assertSame(1, $run->getExitCode());
            self::assertStringContainsString('npm install --save-dev clairon', $run->getOutput());
        }
        $download = ['url' => 'https://releases.example/clairon.tar.gz', 'sha256' => 'abc'];
        file_put_contents(self::RELEASE, json_encode([PHP_OS_FAMILY . ' ' . php_uname('m') => $download]));
        $run = $this->artisan(['clairon:start']);
        self::assertStringContainsString('unpack https://releases.example/clairon.tar.gz', $run->getOutput());
        self::assertStringContainsString('SHA-256: abc', $run->getOutput());
    }
}
