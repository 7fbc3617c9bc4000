<?php
// Reads `.env` files as Laravel does, with its own code.
//
// Input: a JSON list of {"file": hexadecimal, "process": {name: value}}. Output: a JSON list, of false for a file that is
// refused, or of [name, text, what env() returns] for each variable.
declare(strict_types=1);

require_once 'Illuminate/Support/autoload.php';

use Dotenv\Dotenv;
use Dotenv\Exception\InvalidFileException;
use Dotenv\Loader\Loader;
use Dotenv\Parser\Parser;
use Dotenv\Store\StringStore;
use Dotenv\Util\Str;
use Illuminate\Support\Env;

function read(string $file, array $process): array|false
{
    $_SERVER = $process;
    $_ENV = [];
    // The variables of this process are out of the way, and a repository of its own is made for each file.
    Env::disablePutenv();
    // What Dotenv::create makes, but for the files, which would be thousands.
    $store = new StringStore(Str::utf8($file)->success()->get());
    try {
        (new Dotenv($store, new Parser(), new Loader(), Env::getRepository()))->load();
    } catch (InvalidFileException) {
        return false;
    }
    $names = array_map('strval', array_keys($_SERVER + $_ENV));
    return array_map(fn (string $name) => [$name, Env::getRepository()->get($name), Env::get($name)], $names);
}

$answers = [];
foreach (json_decode(stream_get_contents(STDIN), true, 512, JSON_THROW_ON_ERROR) as ['file' => $file, 'process' => $process]) {
    $answers[] = read(hex2bin($file), $process);
}
echo json_encode($answers, JSON_THROW_ON_ERROR);
