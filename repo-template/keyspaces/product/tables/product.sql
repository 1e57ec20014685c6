CREATE TABLE `product` (
  `product_id` bigint NOT NULL AUTO_INCREMENT,
  `pname` varchar(128) DEFAULT NULL,
  PRIMARY KEY (`product_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
