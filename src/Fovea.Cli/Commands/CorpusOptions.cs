using System.CommandLine;
using Fovea.Data.Corpora;

namespace Fovea.Cli.Commands;

/// <summary>The options that name one corpus.</summary>
/// <param name="format">What the option for its form is called, where <c>--format</c> is that of the output.</param>
internal sealed class CorpusOptions(string format = "--format")
{
    private readonly Option<string> _data = CommonOptions.Data();
    private readonly Option<string?> _images = CommonOptions.Images();
    private readonly Option<string> _format = CommonOptions.Format(format);
    private readonly Option<bool> _followLinks = CommonOptions.FollowLinks();

    public IEnumerable<Option> All => [_data, _images, _format, _followLinks];

    public DataSource Source(ParseResult parsed) =>
        new() { File = parsed.GetValue(_data)!, Images = parsed.GetValue(_images), Format = parsed.GetValue(_format)!, FollowLinks = parsed.GetValue(_followLinks) };
}
