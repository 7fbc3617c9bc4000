import { Component, type ComponentChildren } from 'preact';

import { useText } from '../core/locale';
import { Button } from '../ui/button';
import { Note } from '../ui/page';
import { shellTexts } from './texts';

interface Props {
  children: ComponentChildren;
}

/** Shows an error of a page in its place, so that the navigation stays. */
export class FailureBoundary extends Component<Props, { error: unknown }> {
  override state: { error: unknown } = { error: null };

  static getDerivedStateFromError(error: unknown) {
    return { error };
  }

  override componentDidCatch(error: unknown) {
    console.error(error);
  }

  render() {
    if (this.state.error === null) return this.props.children;
    return <Failure error={this.state.error} />;
  }
}

function Failure({ error }: { error: unknown }) {
  const t = useText(shellTexts);
  return (
    <Note tone="bad">
      <p>{t.failed}</p>
      <p lang="en" class="mono">
        {String(error)}
      </p>
      <Button small onClick={() => location.reload()}>
        {t.reload}
      </Button>
    </Note>
  );
}
