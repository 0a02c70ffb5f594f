namespace Fovea.Models.Batching;

/// <summary>Puts items of different lengths into as few rows as it can.</summary>
public static class RowPacker
{
    /// <summary>
    /// First-fit decreasing: the longest item first, each into the first row that has room; within 11/9 of the fewest rows (Johnson 1973). Each item
    /// appears once; one that is longer than a row gets a row of its own. Equal lengths keep their order, so that the result depends on the input alone.
    /// </summary>
    /// <param name="items">What to place.</param>
    /// <param name="length">Of an item, in tokens.</param>
    /// <param name="capacity">Of a row, in tokens.</param>
    public static IReadOnlyList<IReadOnlyList<T>> Pack<T>(IEnumerable<T> items, Func<T, int> length, int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        var rows = new List<List<T>>();
        var room = new List<int>();
        foreach (var item in items.OrderByDescending(length))
        {
            var row = room.FindIndex(r => r >= length(item));
            if (row < 0)
            {
                row = rows.Count;
                rows.Add([]);
                room.Add(capacity);
            }

            rows[row].Add(item);
            room[row] -= length(item);
        }

        return rows;
    }
}
