//! `vrev import` and `vrev export`.

use crate::sandbox::Sandbox;

/// As mysqldump writes it.
const DUMP: &str = "\
/*!40101 SET NAMES utf8mb4 */;
DROP TABLE IF EXISTS `film`;
CREATE TABLE `film` (
  `id` int NOT NULL AUTO_INCREMENT,
  `title` varchar(128) NOT NULL,
  `language_id` int NOT NULL,
  PRIMARY KEY (`id`),
  KEY `language_id` (`language_id`),
  CONSTRAINT `film_language` FOREIGN KEY (`language_id`) REFERENCES `language` (`id`)
) ENGINE=InnoDB AUTO_INCREMENT=3 DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
LOCK TABLES `film` WRITE;
INSERT INTO `film` VALUES (1,'Alien; Director\\'s Cut',1),(2,'Brazil',1);
UNLOCK TABLES;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER `ins_film` AFTER INSERT ON `film` FOR EACH ROW BEGIN
  SET @n = 1;
END */;;
DELIMITER ;
DROP TABLE IF EXISTS `language`;
CREATE TABLE `language` (`id` int NOT NULL, `name` char(20) NOT NULL, PRIMARY KEY (`id`)) ENGINE=InnoDB;
INSERT INTO `language` VALUES (1,'English');
/*!50001 CREATE VIEW `titles` AS SELECT 1 AS `title`*/;
/*!50001 DROP VIEW IF EXISTS `titles`*/;
/*!50001 CREATE ALGORITHM=UNDEFINED */
/*!50013 DEFINER=`root`@`localhost` SQL SECURITY INVOKER */
/*!50001 VIEW `titles` AS select `film`.`title` AS `title` from `film` */;
";

fn empty() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.must(&["init", "."]);
    sandbox
}

#[test]
fn a_dump_becomes_a_keyspace() {
    let sandbox = empty();
    sandbox.write("../dump.sql", DUMP);
    sandbox
        .vrev(&["import", "ddl", "--keyspace", "sakila", "../dump.sql"])
        .vrev(&["import", "ddl", "../dump.sql"])
        .vrev(&["status"])
        .vrev(&["import", "ddl", "--format", "json", "../dump.sql"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn rows_come_when_asked_for_all_or_none() {
    let sandbox = empty();
    sandbox
        .vrev_with(&["import", "ddl", "--rows", "-k", "sakila", "-"], DUMP)
        .vrev(&["sql", "-q", "select f.title, l.name from film f join language l on f.language_id = l.id"])
        .vrev_with(
            &["import", "ddl", "--rows", "-"],
            "create table t (i int primary key);\ninsert into t values (1), (2);\n  insert into t values (1);",
        )
        .vrev_with(
            &["import", "ddl", "--rows", "-k", "sakila", "-"],
            "insert into film values (3, 'x', 9)",
        )
        .vrev(&["sql", "-q", "show tables"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn bad_input_is_told_by_place_and_nothing_is_written() {
    let sandbox = Sandbox::shop();
    sandbox.write(
        "../in/a.sql",
        "create table a (i int);\ncreate table b (i nit);\n",
    );
    sandbox.write(
        "../in/b.sql",
        "create table item (id int);\ncreate table a (j int);",
    );
    sandbox
        .vrev(&["import", "ddl", "../in"])
        .vrev_with(&["import", "ddl", "-"], "create table item (id int)")
        .vrev_with(
            &["import", "ddl", "--force", "-"],
            "create table item (id int)",
        )
        .vrev_with(&["import", "ddl", "-"], "alter table item add column i int")
        .vrev(&["import", "ddl", "gone.sql"])
        .vrev_with(&["import", "ddl", "-"], "")
        .vrev(&["diff", "--text"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn a_folder_per_keyspace_comes_and_goes() {
    let sandbox = Sandbox::cluster();
    sandbox.vrev(&["export", "ddl", "-o", "../out/"]).vrev(&[
        "export",
        "ddl",
        "--keyspace",
        "product",
    ]);
    let other = empty();
    other.vrev(&[
        "import",
        "ddl",
        &format!(
            "{}/out",
            sandbox.folder().parent().expect("it has one").display()
        ),
    ]);
    let shown = other.transcript();
    assert!(shown.contains("added table customer.corder"), "{shown}");
    insta::assert_snapshot!(sandbox.transcript());
    for keyspace in ["customer", "product"] {
        let args = ["export", "ddl", "--keyspace", keyspace];
        assert_eq!(sandbox.must(&args), other.must(&args));
    }
}

#[test]
fn a_vschema_goes_out_and_comes_back() {
    let sandbox = Sandbox::cluster();
    let whole = sandbox.must(&["export", "vschema"]);
    let customer = sandbox.must(&["export", "vschema", "--keyspace", "customer"]);
    sandbox
        .vrev_with(&["import", "vschema", "-"], &whole)
        .vrev_with(&["import", "vschema", "-k", "customer", "-"], &customer)
        .vrev_with(&["import", "vschema", "-"], &customer)
        .vrev_with(&["import", "vschema", "-k", "customer", "-"], "{\"sharded\": true, \"tables\": {}}")
        .vrev_with(&["import", "vschema", "-k", "customer", "-"], "{\"shraded\": true}")
        .vrev_with(
            &["import", "vschema", "-"],
            "{\"keyspaces\": {\"new\": {\"sharded\": true, \"vindexes\": {\"h\": {\"type\": \"hash\"}}}}, \
             \"routingRules\": {\"rules\": [{\"fromTable\": \"t\", \"toTables\": [\"new.t\"]}]}}",
        )
        .vrev_with(
            &["import", "vschema", "--force", "-"],
            "{\"keyspace\": \"customer\", \"v_schema\": {\"vindexes\": {\"v\": {\"type\": \"nix\"}}}}",
        )
        .vrev(&["status"])
        .vrev(&["export", "vschema", "-k", "new"])
        .vrev(&["export", "vschema", "-k", "gone"]);
    insta::assert_snapshot!(sandbox.transcript());
}

#[test]
fn a_folder_of_documents_goes_out_and_comes_back() {
    let sandbox = Sandbox::cluster();
    sandbox.must(&["sql", "-q", "create database `a b`"]);
    sandbox.write(
        "routing_rules.json",
        r#"{"rules": [{"from_table": "t", "to_tables": ["product.product"]}]}"#,
    );
    sandbox.vrev(&["export", "vschema", "-o", "../out/"]);
    let folder = sandbox.folder().parent().expect("it has one").join("out");
    let folder = folder.display().to_string();
    let other = empty();
    // Each alone would lack the other one's sequences.
    other.must(&["import", "vschema", &folder]);
    let whole = ["export", "vschema"];
    assert_eq!(sandbox.must(&whole), other.must(&whole));
    other.vrev(&["import", "vschema", "--force", &folder, &folder]);
    let one = format!("{folder}/product.json");
    other.vrev(&["import", "vschema", &one, &folder]);
    let transcript = other.transcript();
    for told in [
        "is in another document, too",
        "product.json: the document does not say whose VSchema it is",
    ] {
        assert!(transcript.contains(told), "{told}: {transcript}");
    }
}

/// The same VSchema as `vtctldclient GetVSchema` prints it (proto names, everything said) and in lowerCamelCase.
#[test]
fn both_spellings_of_vtctldclient_mean_the_same() {
    const PROTO: &str = r#"{"sharded": true, "foreign_key_mode": "managed", "require_explicit_routing": false,
      "vindexes": {"hash": {"type": "hash", "params": {}, "owner": ""},
        "l": {"type": "consistent_lookup_unique", "params": {"table": "c.lk", "from": "n", "to": "k"}, "owner": "t"}},
      "tables": {"t": {"type": "", "column_vindexes": [{"column": "id", "name": "hash", "columns": []},
          {"column": "", "name": "l", "columns": ["n"]}],
        "auto_increment": {"column": "id", "sequence": "s.seq"}, "columns": [{"name": "n", "type": "VARCHAR",
          "invisible": false, "default": "", "collation_name": "utf8mb4_bin", "size": 0, "scale": 0, "nullable": null,
          "values": []}], "pinned": "", "column_list_authoritative": true, "source": ""}},
      "multi_tenant_spec": null}"#;
    const CAMEL: &str = r#"{"sharded": true, "foreignKeyMode": 3,
      "vindexes": {"hash": {"type": "hash"},
        "l": {"type": "consistent_lookup_unique", "params": {"table": "c.lk", "from": "n", "to": "k"}, "owner": "t"}},
      "tables": {"t": {"columnVindexes": [{"column": "id", "name": "hash"}, {"columns": ["n"], "name": "l"}],
        "autoIncrement": {"column": "id", "sequence": "s.seq"},
        "columns": [{"name": "n", "type": 6165, "collationName": "utf8mb4_bin"}], "columnListAuthoritative": true}}}"#;
    let sandbox = empty();
    let imported = |keyspace: &str, text: &str| {
        let run = sandbox.run_with(&["import", "vschema", "-k", keyspace, "-"], text);
        assert_eq!(run.code, 0, "{}", run.stderr);
        sandbox.must(&["export", "vschema", "-k", keyspace])
    };
    imported("s", "{}");
    let exported = imported("a", PROTO);
    assert_eq!(imported("b", CAMEL), exported);
    assert_eq!(imported("c", &exported), exported);
}

#[test]
fn a_server_is_asked_without_a_password_on_the_command_line() {
    let sandbox = empty();
    sandbox
        .vrev(&["import", "mysql", "mysql://root:s3cret@127.0.0.1:1/shop"])
        .vrev(&["import", "mysql", "mysql://root@127.0.0.1:1"])
        .vrev(&["import", "mysql", "shop"])
        .vrev(&["import", "mysql", "mysql://root@127.0.0.1:1/shop"]);
    let told = sandbox.transcript();
    // The command is noted as it was typed; what vrev says must not repeat it.
    assert_eq!(told.matches("s3cret").count(), 1, "{told}");
    insta::assert_snapshot!(told);
}
