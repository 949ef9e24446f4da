-- The table that dure.yml follows, with some rows. / dure.yml이 따라가는 테이블과 행 몇 개.
CREATE DATABASE IF NOT EXISTS logdb CHARACTER SET utf8mb4;
CREATE TABLE logdb.logtbl (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  at DATETIME(3) NOT NULL,
  player VARCHAR(40) NOT NULL,
  action VARCHAR(20) NOT NULL,
  amount BIGINT NOT NULL
);
INSERT INTO logdb.logtbl (at, player, action, amount) VALUES
  ('2026-11-21 09:00:00.000', '김서연', 'gold', 120),
  ('2026-11-21 09:00:00.100', '이도윤', 'gold', 999999),
  ('2026-11-21 09:00:00.200', '홍길동', 'trade', 40),
  ('2026-11-21 09:00:00.300', '이도윤', 'gold', 999999),
  ('2026-11-21 09:00:00.400', 'Ada', 'gold', 75);
