<?php

namespace Clairon\Laravel;

use Symfony\Component\Process\ExecutableFinder;
use Symfony\Component\Process\Process;

/** The program `clairon` on this machine. */
final class Binary
{
    private const RELEASE = __DIR__ . '/../release.json';

    public function __construct(private readonly string $project)
    {
    }

    /** Its path: that of the project before that of the system; null if there is none. */
    public function find(): ?string
    {
        foreach (['vendor/bin/clairon', 'node_modules/.bin/clairon'] as $place) {
            if (is_executable("$this->project/$place")) {
                return "$this->project/$place";
            }
        }
        return (new ExecutableFinder())->find('clairon');
    }

    /** What to do when it is missing: the download of this platform with its checksum, if this is a release. */
    public function advice(): string
    {
        $advice = "clairon is neither in vendor/bin, nor in node_modules, nor on the PATH.\n"
            . "With Node:  npm install --save-dev clairon\n";
        $release = is_file(self::RELEASE) ? json_decode((string) file_get_contents(self::RELEASE), true) : [];
        $download = $release[PHP_OS_FAMILY . ' ' . php_uname('m')] ?? null;
        if ($download !== null) {
            $advice .= "Without:    unpack {$download['url']} in a folder of the PATH\n"
                . "            SHA-256: {$download['sha256']}\n";
        }
        return $advice;
    }

    /**
     * Runs it with the terminal of this process, and returns its exit code. Where PHP can, this process becomes it, so
     * that it gets all signals.
     *
     * @param list<string> $arguments
     */
    public function run(string $path, array $arguments): int
    {
        if (function_exists('pcntl_exec')) {
            chdir($this->project);
            pcntl_exec($path, $arguments);
        }
        $process = new Process([$path, ...$arguments], $this->project, timeout: null);
        $print = fn (string $stream, string $text) => fwrite($stream === Process::ERR ? STDERR : STDOUT, $text);
        return $process->run($print);
    }
}
