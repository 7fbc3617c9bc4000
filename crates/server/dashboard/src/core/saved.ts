/** What this browser remembers. A browser that forbids storage remembers nothing, and the page works without. */
export function saved(name: string): string | null {
  try {
    return localStorage.getItem(`clairon.${name}`);
  } catch {
    return null;
  }
}

export function save(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`clairon.${name}`);
    else localStorage.setItem(`clairon.${name}`, value);
  } catch {
    // Nothing is remembered.
  }
}
