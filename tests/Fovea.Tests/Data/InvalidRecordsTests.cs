using System.Text.Json.Nodes;
using Fovea.Core.Errors;
using Fovea.Core.Samples;
using Fovea.Data.Corpora;
using Xunit;

namespace Fovea.Tests.Data;

/// <summary>The one policy for records that cannot be used.</summary>
public sealed class InvalidRecordsTests
{
    [Theory]
    [InlineData(null, null, 0)]
    [InlineData(null, 3, 3)]
    [InlineData(OnBadSample.Stop, null, 0)]
    [InlineData(OnBadSample.Skip, null, int.MaxValue)]
    [InlineData(OnBadSample.Skip, 3, 3)]
    public void Two_options_give_one_limit(OnBadSample? action, int? most, int limit) => Assert.Equal(limit, InvalidRecords.LimitOf(action, most));

    [Fact]
    public void A_negative_number_is_refused() => Assert.Throws<UsageException>(() => InvalidRecords.LimitOf(null, -1));

    [Fact]
    public void Past_the_limit_the_record_is_named_with_the_way_out()
    {
        var records = new InvalidRecords(1);
        Assert.True(records.Add(Key(4), Error(4)));
        Assert.False(records.Add(Key(4), Error(4))); // seen again in another epoch
        var error = Assert.Throws<InvalidInputException>(() => records.Add(Key(5), Error(5)));
        Assert.Equal("data.json, record 5: image \"x.png\" not found; unusable records: 2, allowed: 1; correct the data, or leave out up to N such records "
            + "with --max-invalid N (max_invalid in a configuration or plan)", error.Message);
        Assert.Equal((1, 1), (records.Records.Count, records.Counted));
    }

    [Fact]
    public void What_an_earlier_stage_listed_is_listed_again_and_not_counted()
    {
        var records = new InvalidRecords(0, excused: key => key.Record == 7);
        Assert.True(records.Add(Key(7), Error(7)));
        Assert.True(records.Note(Key(8), "no_target: none"));
        Assert.Equal((2, 0), (records.Records.Count, records.Counted));
        Assert.Equal(["image 1", "no_target 1"], records.ByReason.Select(r => $"{r.Key} {r.Value}"));
    }

    [Fact]
    public void The_list_holds_every_record_and_the_summary_the_first_few()
    {
        var records = new InvalidRecords(9);
        for (var i = 0; i < 5; i++)
        {
            records.Add(Key(i), Error(i));
        }

        Assert.Equal(4, records.Summary("list").Count());
        Assert.StartsWith("1 unusable record left out", InvalidRecords.Summary([records.Records.First()], "list").First(), StringComparison.Ordinal);
        Assert.StartsWith("5 unusable records left out (image 5), listed in list", records.Summary("list").First(), StringComparison.Ordinal);
        var file = Path.GetTempFileName();
        InvalidRecords.Write(file, records.Records);
        var first = JsonNode.Parse(File.ReadLines(file).First())!;
        Assert.Equal(("data.json", 0, "image", true), ((string)first["source"]!, (int)first["record"]!, (string)first["reason"]!, (bool)first["counted"]!));
        Assert.Equal(5, File.ReadLines(file).Count());
        InvalidRecords.Write(file, []);
        Assert.False(File.Exists(file));
    }

    private static SampleKey Key(int record) => new("data.json", record);

    private static InvalidInputException Error(int record) => new("data.json", record, "image \"x.png\" not found");
}
