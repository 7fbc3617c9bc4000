<?php

namespace Clairon\Laravel;

use Illuminate\Contracts\Config\Repository;

/** The server that Laravel broadcasts to, and the app's credentials. */
final class Server
{
    public function __construct(
        public readonly string $url,
        public readonly string $key,
        public readonly string $secret,
    ) {
    }

    /** The server of a connection in `config/broadcasting.php`. */
    public static function of(Repository $config): self
    {
        $name = $config->get('clairon.connection') ?? $config->get('broadcasting.default');
        $connection = $config->get("broadcasting.connections.$name");
        if (!isset($connection['key'])) {
            $connection = $config->get('broadcasting.connections.pusher', []);
        }
        $options = $connection['options'] ?? [];
        $scheme = $options['scheme'] ?? 'http';
        $host = $options['host'] ?? '127.0.0.1';
        $port = $options['port'] ?? 6001;
        return new self("$scheme://$host:$port", $connection['key'] ?? '', $connection['secret'] ?? '');
    }

    /** Whether a request's body has this app's signature. An app without a secret signs nothing. */
    public function signed(string $body, ?string $key, ?string $signature): bool
    {
        return $this->secret !== ''
            && hash_equals($this->key, (string) $key)
            && hash_equals(hash_hmac('sha256', $body, $this->secret), (string) $signature);
    }

    /** The version of the Clairon that answers, or null. It waits two seconds at most. */
    public function version(): ?string
    {
        $context = stream_context_create(['http' => ['timeout' => 2, 'ignore_errors' => true]]);
        $health = json_decode((string) @file_get_contents("$this->url/health", false, $context), true);
        return is_string($health['version'] ?? null) ? $health['version'] : null;
    }
}
