using Parquet;
using Parquet.Schema;

namespace Fovea.Store.Parquet;

/// <summary>What a file's own header may ask for before anything is allocated on its word.</summary>
internal static class ParquetLimits
{
    public const int MaxTargets = TokenScores.MaxTargets;

    public const int MaxRows = 1 << 14;

    /// <summary>Most elements in one column of one row group.</summary>
    public const int MaxElements = 1 << 27;

    public static int NumRows(ParquetRowGroupReader group) => group.RowCount is >= 0 and <= MaxRows
        ? (int)group.RowCount
        : throw new InvalidDataException($"a row group of {group.RowCount} rows; at most {MaxRows} are read");

    public static int NumLevels(ParquetRowGroupReader group, DataField field, int rows)
    {
        var levels = group.GetMetadata(field)?.MetaData?.NumValues ?? 0;
        var limit = Math.Min((long)rows * MaxTargets, MaxElements);
        return levels >= rows && levels <= limit
            ? (int)levels
            : throw new InvalidDataException($"column {field.Path} claims {levels} values for {rows} rows; expected {rows} to {limit}");
    }
}
