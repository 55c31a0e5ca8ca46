import { greet } from 'greeting';

import styles from './hello.module.css';

export default function Page() {
  return <h1 className={styles.title}>{greet('workspace')}</h1>;
}
