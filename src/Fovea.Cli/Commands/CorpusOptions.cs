using System.CommandLine;
using Fovea.Data.Corpora;

namespace Fovea.Cli.Commands;

/// <summary>The options that name one corpus.</summary>
internal sealed class CorpusOptions
{
    private readonly Option<string> _data = CommonOptions.Data();
    private readonly Option<string?> _images = CommonOptions.Images();
    private readonly Option<string> _format = CommonOptions.Format();
    private readonly Option<bool> _followLinks = CommonOptions.FollowLinks();

    public IEnumerable<Option> All => [_data, _images, _format, _followLinks];

    public DataSource Source(ParseResult parsed) =>
        new() { File = parsed.GetValue(_data)!, Images = parsed.GetValue(_images), Format = parsed.GetValue(_format)!, FollowLinks = parsed.GetValue(_followLinks) };
}
