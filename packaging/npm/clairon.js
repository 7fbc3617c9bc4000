#!/usr/bin/env node
// Starts the binary of the package for this platform, with the same arguments. It gets the signals that this process
// gets, and this process ends as it does.

'use strict';

const { spawn } = require('node:child_process');
const { constants } = require('node:os');

const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'];

function binary() {
    const name = `clairon-${process.platform}-${process.arch}`;
    try {
        return require.resolve(`${name}/clairon`);
    } catch {
        const { optionalDependencies } = require('./package.json');
        const platforms = Object.keys(optionalDependencies).map((each) => each.replace('clairon-', ''));
        const here = `${process.platform}-${process.arch}`;
        console.error(platforms.includes(here)
            ? `error: the package ${name} is not installed: install again without --omit=optional; on Linux it needs glibc`
            : `error: there is no binary for ${here}, only for ${platforms.join(', ')}`);
        process.exit(1);
    }
}

const child = spawn(binary(), process.argv.slice(2), { stdio: 'inherit' });

for (const signal of SIGNALS) {
    process.on(signal, () => child.kill(signal));
}

// npm's shell does not pass signals on: `kill` on npx ends the shell and leaves this process without its parent.
if (process.env.npm_command !== undefined) {
    const parent = process.ppid;
    setInterval(() => process.ppid === parent || child.kill('SIGTERM'), 500).unref();
}

child.on('error', (error) => {
    console.error(`error: ${error.path} cannot be started: ${error.message}`);
    process.exit(1);
});

child.on('exit', (code, signal) => {
    if (signal === null) {
        process.exit(code);
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
    // A signal that does not end this process, as of the first process of a container, becomes the shell's exit code.
    setTimeout(() => process.exit(128 + constants.signals[signal]), 100);
});
