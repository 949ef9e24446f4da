// Prints a hundred orders and ends well: `restart: on-failure` leaves it at that.
for (let order = 1; order <= 100; order += 1) console.log(`주문-${order} ${order * 10}`);
