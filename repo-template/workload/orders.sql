-- Queries that a review explains before and after a change.
select * from customer where customer_id = 1;
select * from corder where corder_id = 1;
select * from corder where customer_id = 1;
select * from corder where oname = 'gift';
select c.uname, o.oname from customer c join corder o on c.customer_id = o.customer_id where c.customer_id = 1;
select c.uname, o.oname, p.pname from customer c join corder o on c.customer_id = o.customer_id join product p on o.product_id = p.product_id;
insert into corder(customer_id, product_id, oname) values (1, 1, 'gift');
delete from corder where corder_id = 1;
