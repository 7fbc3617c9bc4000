<?php

namespace Clairon\Laravel\Tests;

use PHPUnit\Framework\TestCase;

abstract class ProjectTestCase extends TestCase
{
    protected Project $project;

    protected function setUp(): void
    {
        $this->project = Project::make($this->config());
    }

    protected function tearDown(): void
    {
        $this->project->remove();
    }

    /** @return array<string, mixed> */
    protected function config(): array
    {
        return [];
    }
}
