import styles from './hello.module.css';

export default function Page() {
  return <h1 className={styles.title}>Hello from Next</h1>;
}
