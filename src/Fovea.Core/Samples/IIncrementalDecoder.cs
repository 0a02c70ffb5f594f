namespace Fovea.Core.Samples;

/// <summary>Turns the ids of one text into characters as they come.</summary>
public interface IIncrementalDecoder
{
    /// <summary>Takes the next id and gives the text that is certain now; empty if there is none.</summary>
    string Push(int id);

    /// <summary>Ends the text and gives what was held back.</summary>
    string Finish();
}
