<?php

return [
    // The path of the route that receives webhooks; null for no route.
    'webhook_path' => 'clairon/webhook',

    // The connection of config/broadcasting.php whose server, key and secret count; null for the default connection.
    'connection' => null,
];
