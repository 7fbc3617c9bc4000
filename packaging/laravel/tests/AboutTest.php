<?php

namespace Clairon\Laravel\Tests;

use Clairon\Laravel\About;
use Symfony\Component\Process\Process;

final class AboutTest extends ProjectTestCase
{
    private function about(int $port): array
    {
        $options = ['host' => '127.0.0.1', 'port' => $port, 'scheme' => 'http'];
        $this->project->app['config']->set('broadcasting.default', 'reverb');
        $this->project->app['config']->set('broadcasting.connections.reverb', ['key' => 'k', 'options' => $options]);
        return $this->project->app->make(About::class)->lines();
    }

    public function testItSaysWhetherTheServerIsUp(): void
    {
        $this->project->write('health.php', '<?php echo \'{"status":"ok","version":"1.2.3"}\';');
        // A free port; PHP's server prints it.
        $server = new Process([PHP_BINARY, '-S', '127.0.0.1:0', "{$this->project->path}/health.php"]);
        $server->start();
        $server->waitUntil(fn ($stream, $text) => preg_match('#127\.0\.0\.1:(\d+)#', $text, $this->port) === 1);
        $lines = $this->about((int) $this->port[1]);
        $server->stop();
        self::assertSame("http://127.0.0.1:{$this->port[1]} is up (1.2.3)", $lines['Server']);
        self::assertSame('clairon/webhook', $lines['Webhooks']);
        $lines = $this->about((int) $this->port[1]);
        self::assertStringContainsString('does not answer as Clairon', $lines['Server']);
    }

    /** @var list<string> */
    private array $port = [];
}
