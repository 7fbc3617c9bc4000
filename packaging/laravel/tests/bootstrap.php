<?php

// Debian's components of Laravel, and this package.
require_once 'Illuminate/autoload.php';
require_once 'Symfony/Component/Process/autoload.php';

spl_autoload_register(function (string $class): void {
    $folders = ['Clairon\\Laravel\\Tests\\' => __DIR__, 'Clairon\\Laravel\\' => __DIR__ . '/../src'];
    foreach ($folders as $prefix => $folder) {
        $file = $folder . '/' . str_replace('\\', '/', substr($class, strlen($prefix))) . '.php';
        if (str_starts_with($class, $prefix) && is_file($file)) {
            require $file;
            return;
        }
    }
});
