<?php

namespace Clairon\Laravel\Tests;

use Clairon\Laravel\EnvFile;
use PHPUnit\Framework\TestCase;

final class EnvFileTest extends TestCase
{
    public function testLinesAreReplacedOrAdded(): void
    {
        $file = new EnvFile("APP_NAME=Shop\nPUSHER_PORT=443 # TLS\r\nexport PUSHER_HOST=\"old\"\n# PUSHER_APP_ID=1\n");
        $changed = $file->with(['PUSHER_PORT' => '6001', 'PUSHER_HOST' => '$1', 'PUSHER_APP_ID' => '2']);
        $expected = "APP_NAME=Shop\nPUSHER_PORT=6001\r\nPUSHER_HOST=\$1\n# PUSHER_APP_ID=1\n\nPUSHER_APP_ID=2\n";
        self::assertSame($expected, $changed->text);
        self::assertSame(['PUSHER_PORT=6001', 'PUSHER_HOST=$1', 'PUSHER_APP_ID=2'], $file->changes($changed));
        self::assertSame($changed->text, $changed->with(['PUSHER_PORT' => '6001'])->text);
        self::assertSame("A=1\n", (new EnvFile(''))->with(['A' => '1'])->text);
    }

    public function testValuesAreRead(): void
    {
        $file = new EnvFile("A=1\nB=\"two\"\nC=\nD=1\nD='2'\n");
        self::assertSame('1', $file->get('A'));
        self::assertSame('two', $file->get('B'));
        self::assertNull($file->get('C'));
        self::assertSame('2', $file->get('D'));
        self::assertNull($file->get('E'));
    }
}
