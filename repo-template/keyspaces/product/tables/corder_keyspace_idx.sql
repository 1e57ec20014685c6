CREATE TABLE `corder_keyspace_idx` (
  `corder_id` bigint NOT NULL,
  `keyspace_id` varbinary(10) DEFAULT NULL,
  PRIMARY KEY (`corder_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
