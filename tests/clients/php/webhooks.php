<?php
// A Laravel application with one route, to the controller in the file CONTROLLER. It writes each Laravel event that the
// controller dispatches to stderr, as JSON of a name and a payload. Run it with `php -S`.
declare(strict_types=1);

require_once __DIR__.'/site.php';
require_once getenv('CONTROLLER');

use App\Http\Controllers\PusherWebhookController;
use Illuminate\Support\Facades\Event;
use Illuminate\Support\Facades\Route;

$pusher = ['key' => getenv('PUSHER_APP_KEY'), 'secret' => getenv('PUSHER_APP_SECRET')];
answer(dirname(getenv('CONTROLLER')), ['connections' => ['pusher' => $pusher]], [], function () {
    Route::post('/pusher/webhook', PusherWebhookController::class);
    Event::listen('pusher.*', function (string $name, array $payload) {
        file_put_contents('php://stderr', json_encode([$name, ...$payload])."\n");
    });
});
