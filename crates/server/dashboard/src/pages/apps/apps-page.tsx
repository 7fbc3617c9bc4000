import { useRoute } from '../../core/route';
import { AppList } from './app-list';
import { AppPage } from './app-page';

export function AppsPage() {
  const { path } = useRoute();
  return path[1] === undefined ? <AppList /> : <AppPage id={path[1]} />;
}
