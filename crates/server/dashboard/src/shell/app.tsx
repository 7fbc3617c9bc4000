import { useRoute } from '../core/route';
import { session } from '../core/session';
import { useStore } from '../core/store';
import { Loading } from '../ui/page';
import { FailureBoundary } from './failure';
import { pages } from './pages';
import { Shell } from './shell';
import { SignIn } from './sign-in';
import { Unreachable } from './unreachable';

/** The whole dashboard: the sign-in, or the page that the URL names. */
export function App() {
  const current = useStore(session);
  const { path } = useRoute();
  switch (current.state) {
    case 'loading':
      return <Loading />;
    case 'unreachable':
      return <Unreachable refusal={current.refusal} />;
    case 'out':
      return <SignIn methods={current.methods} expired={current.expired} />;
    case 'in': {
      const page = pages.find((page) => page.name === path[0]) ?? pages[0]!;
      return (
        <Shell current={page.name}>
          <FailureBoundary key={path.slice(0, 2).join('/')}>
            <page.Component />
          </FailureBoundary>
        </Shell>
      );
    }
  }
}
