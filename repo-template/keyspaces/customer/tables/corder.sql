CREATE TABLE `corder` (
  `corder_id` bigint NOT NULL,
  `customer_id` bigint DEFAULT NULL,
  `product_id` bigint DEFAULT NULL,
  `oname` varchar(128) DEFAULT NULL,
  PRIMARY KEY (`corder_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
