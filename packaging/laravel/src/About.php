<?php

namespace Clairon\Laravel;

use Illuminate\Contracts\Config\Repository;

/** What `php artisan about` says of Clairon. */
final class About
{
    public function __construct(
        private readonly Server $server,
        private readonly Binary $binary,
        private readonly Repository $config,
    ) {
    }

    /** @return array<string, string> */
    public function lines(): array
    {
        $version = $this->server->version();
        $url = $this->server->url;
        return [
            'Server' => $version === null ? "$url does not answer as Clairon" : "$url is up ($version)",
            'Program' => $this->binary->find() ?? 'not on this machine',
            'Webhooks' => $this->config->get('clairon.webhook_path') ?? 'no route',
        ];
    }
}
