CREATE TABLE `oname_keyspace_idx` (
  `oname` varchar(128) NOT NULL,
  `corder_id` bigint NOT NULL,
  `keyspace_id` varbinary(10) DEFAULT NULL,
  PRIMARY KEY (`oname`,`corder_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
