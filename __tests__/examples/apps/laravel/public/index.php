<?php
// A request of Laravel's shape: cached config, a compiled view, a log, a session, a database.
require __DIR__ . '/../vendor/autoload.php';
require __DIR__ . '/../app/Version.php';
set_error_handler(static function (int $level, string $message): never {
    throw new ErrorException($message);
});
try {
    $config = require __DIR__ . '/../bootstrap/cache/config.php';
    $storage = $config['storage'];
    $path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
    if ($path === '/up') {
        (require __DIR__ . '/../app/up.php')();
    }
    file_put_contents("$storage/logs/laravel.log", "$path\n", FILE_APPEND);
    file_put_contents("$storage/framework/sessions/one", 'session');
    file_put_contents("$storage/framework/cache/data/restart", '0');
    $database = new PDO("sqlite:$storage/database.sqlite", null, null, [PDO::ATTR_TIMEOUT => 10]);
    $database->exec('INSERT INTO visits DEFAULT VALUES');
    if ($path === '/slow') {
        sleep(2);
    }
    require "$storage/framework/views/" . sha1(dirname(__DIR__) . '/resources/home.php') . '.php';
    echo ' ', $config['env']['APP_NAME'], "\n";
} catch (Throwable $error) {
    http_response_code(500);
    echo $error->getMessage(), "\n";
}
