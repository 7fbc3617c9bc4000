<?php

namespace Clairon\Laravel\Tests;

use Clairon\Laravel\Console\InstallCommand;
use Symfony\Component\Console\Tester\CommandTester;

final class InstallCommandTest extends ProjectTestCase
{
    /** @param list<string> $answers */
    private function install(array $answers, bool $yes = false): string
    {
        $command = new InstallCommand();
        $command->setLaravel($this->project->app);
        $tester = new CommandTester($command);
        $tester->setInputs($answers);
        $tester->execute($yes ? ['--yes' => true] : [], ['interactive' => $answers !== []]);
        self::assertSame(0, $tester->getStatusCode());
        return $tester->getDisplay();
    }

    public function testItWritesWhatIsConfirmed(): void
    {
        $old = "APP_NAME=Shop\nPUSHER_APP_ID=1\nPUSHER_APP_KEY=key\nPUSHER_APP_SECRET=hunter2\n";
        $this->project->write('.env', $old);
        $this->project->write('resources/js/bootstrap.js', "import axios from 'axios';\n");
        $display = $this->install(['yes', 'yes', 'yes']);
        self::assertStringNotContainsString('hunter2', $display);
        $env = $this->project->read('.env');
        self::assertStringStartsWith($old, $env);
        $driver = version_compare($this->project->app->version(), '11', '>=') ? 'CONNECTION' : 'DRIVER';
        foreach (["BROADCAST_$driver=pusher", 'PUSHER_PORT=6001', 'VITE_PUSHER_HOST="${PUSHER_HOST}"'] as $line) {
            self::assertStringContainsString("\n$line\n", $env);
        }
        $echo = $this->project->read('resources/js/echo.js');
        self::assertStringContainsString('import.meta.env.VITE_PUSHER_APP_KEY', $echo);
        $bootstrap = $this->project->read('resources/js/bootstrap.js');
        self::assertSame("import axios from 'axios';\n\nimport './echo';\n", $bootstrap);

        $again = $this->install(['no']);
        self::assertStringContainsString('.env has all lines', $again);
        self::assertSame($bootstrap, $this->project->read('resources/js/bootstrap.js'));
    }

    public function testItChangesNothingWithoutAYes(): void
    {
        $this->project->write('.env', "PUSHER_PORT=443\n");
        foreach ([['no', 'no', 'no'], []] as $answers) {
            $display = $this->install($answers);
            self::assertStringContainsString('.env is left as it is', $display);
            self::assertSame("PUSHER_PORT=443\n", $this->project->read('.env'));
            self::assertNull($this->project->read('resources/js/echo.js'));
        }
    }

    public function testANewProjectGetsCredentials(): void
    {
        $display = $this->install([], yes: true);
        preg_match('/^PUSHER_APP_SECRET=([0-9a-f]{40})$/m', $this->project->read('.env'), $secret);
        self::assertArrayHasKey(1, $secret);
        self::assertStringNotContainsString($secret[1], $display);
        self::assertMatchesRegularExpression('/^PUSHER_APP_ID=\d{6}$/m', $this->project->read('.env'));
    }

    public function testProjectsWithMix(): void
    {
        $this->project->write('webpack.mix.js', '');
        $this->install([], yes: true);
        self::assertStringContainsString('MIX_PUSHER_APP_KEY="${PUSHER_APP_KEY}"', $this->project->read('.env'));
        self::assertStringContainsString('process.env.MIX_PUSHER_HOST', $this->project->read('resources/js/echo.js'));
    }

    public function testTheEchoFileIsThatOfTheDocumentation(): void
    {
        $echo = file_get_contents(__DIR__ . '/../stubs/echo.js');
        self::assertStringContainsString($echo, file_get_contents(__DIR__ . '/../../../README.md'));
    }
}
