#include <stdio.h>
#include <string.h>

int main(int count, char **arguments)
{
    int is_other = count == 3 && strcmp(arguments[1], "-g") == 0;
    puts(is_other ? arguments[2] : "Hello, world!");
    return 0;
}
