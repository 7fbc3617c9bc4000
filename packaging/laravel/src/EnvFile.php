<?php

namespace Clairon\Laravel;

/** The text of a `.env` file. */
final class EnvFile
{
    public function __construct(public readonly string $text)
    {
    }

    /** The value of a variable without its quotes, or null if it is missing or empty. */
    public function get(string $name): ?string
    {
        preg_match_all("/^[ \\t]*(?:export[ \\t]+)?$name=(.*)$/m", $this->text, $lines);
        $value = trim(trim((string) end($lines[1])), '"\'');
        return $value === '' ? null : $value;
    }

    /**
     * The file with these variables: a line that sets one is replaced, those that are missing come at the end.
     *
     * @param array<string, string> $values as they stand behind the `=`
     */
    public function with(array $values): self
    {
        $text = $this->text;
        $missing = '';
        foreach ($values as $name => $value) {
            $line = "$name=$value";
            $pattern = "/^[ \\t]*(?:export[ \\t]+)?$name=[^\\r\\n]*/m";
            $text = preg_replace_callback($pattern, fn () => $line, $text, -1, $count);
            $missing .= $count === 0 ? "$line\n" : '';
        }
        if ($missing !== '') {
            $text = $text === '' ? '' : rtrim($text, "\r\n") . "\n\n";
        }
        return new self($text . $missing);
    }

    /**
     * The lines of `other` that are not in this file.
     *
     * @return list<string>
     */
    public function changes(self $other): array
    {
        $lines = fn (self $file) => array_filter(array_map('rtrim', explode("\n", $file->text)), 'strlen');
        return array_values(array_diff($lines($other), $lines($this)));
    }
}
