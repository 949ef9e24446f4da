-- The table that is followed, with some rows, and the one that is written. / 따라가는 테이블과 행 몇 개, 그리고 쓰는 테이블.
CREATE DATABASE IF NOT EXISTS logdb CHARACTER SET utf8mb4;
CREATE TABLE logdb.trades (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  player VARCHAR(40) NOT NULL,
  gold BIGINT NOT NULL
);
CREATE TABLE logdb.suspects (
  trade_id BIGINT UNSIGNED NOT NULL PRIMARY KEY,
  player VARCHAR(40) NOT NULL,
  gold BIGINT NOT NULL,
  reason VARCHAR(80) NOT NULL,
  found_at DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3)
);
INSERT INTO logdb.trades (player, gold) VALUES
  ('김서연', 120), ('이도윤', 60000), ('홍길동', 40), ('이도윤', 60000), ('Ada', 75);
